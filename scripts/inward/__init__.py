"""inward: introspection experiments on language models, every number traceable."""
