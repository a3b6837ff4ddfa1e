"""The Django side of training beneath its routes, consumers and tasks. Never imports Keras."""
