"""Live views in a notebook. What draws them is imported with the first that is shown."""
