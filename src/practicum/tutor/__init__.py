"""The tutor: what the course says about a question, cited, or that it says nothing."""
