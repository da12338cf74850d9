"""A portrait that can be posed: skin, lips, teeth, lids and head."""
