"""The journal in Kafka. So far: the pure heart of it, one partition at one destination."""
