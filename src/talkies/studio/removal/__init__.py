"""What goes: when a deletion is asked for, with a receipt, or when retention says it is time."""
