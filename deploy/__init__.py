"""What runs in production beside the Django project."""
