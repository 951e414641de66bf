"""Mini packs: rows in the shape of public benchmarks, with content of their own. README.md says more."""
