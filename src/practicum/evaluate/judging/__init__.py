"""Who is better, when people or a model say so: judges, a blind arena, and a ranking."""
