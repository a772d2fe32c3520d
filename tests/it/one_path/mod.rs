//! A simulation is the decision of a real sync: the same people, once read from their provider and
//! written to the database, once described to the simulation; what each of them has must be the same.

mod chance;
mod compare;
mod kinds;
