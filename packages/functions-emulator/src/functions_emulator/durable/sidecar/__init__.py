"""The gRPC service that durable clients of azure-functions-durable 2.x talk to."""
