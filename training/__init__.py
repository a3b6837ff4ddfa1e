"""How a network learns.

Two sides that never meet in one module: the *runner side* (recipe, datasets, runner, events, sinks,
worker_process) knows nothing of Django, and the *Django side* (models, api, consumers, tasks,
workshop) never imports Keras.
"""
