"""What things cost here and at the real Kubernetes, each figure with its result checked."""
