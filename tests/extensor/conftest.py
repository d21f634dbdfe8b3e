"""Settings of Hypothesis: no deadline, as shared machines pause at any moment."""

from hypothesis import settings

settings.register_profile("extensor", deadline=None, max_examples=50)
settings.load_profile("extensor")
