"""Remote machines with GPUs: which there are, how they are, and what they are asked to do."""
