"""The learner's pages: one module, one router, one place in the navigation."""
