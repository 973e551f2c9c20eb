//! One column to one, by comparison within a group.
