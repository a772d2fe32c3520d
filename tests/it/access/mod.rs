//! What somebody may do: the views and the questions, held against a model that shares nothing with them; and each
//! way of asking.

mod asking;
mod draw;
mod forgotten;
mod model;
mod promises;
