"""`python -m visualnn.launch`: what `make run` does once everything is set up.

PORT (8000; 0 takes any free one), HOST (127.0.0.1), VISUALNN_DATA (var), and the server's own
variables, which visualnn.settings lists.
"""

from visualnn.launch.failure import exit_with
from visualnn.launch.supervisor import main

exit_with(main)
