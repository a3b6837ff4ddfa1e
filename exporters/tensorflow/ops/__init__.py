"""What reads TensorFlow's operations: one module for each family, registered by being here."""
