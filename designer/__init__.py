"""What the user sees and saves: networks, the live document they are edited in, and the pages."""
