"""What things cost, who may spend, and where every cent went."""
