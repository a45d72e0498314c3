// Holds the target's place until its first type stands here.
