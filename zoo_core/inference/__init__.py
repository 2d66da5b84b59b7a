"""What trained networks are good for: to fill holes in anybody's pictures, and to tell what they show."""
