//! The reader of server flights, through its public interface: recorded flights of real servers, and hostile ones.

mod bounds;
mod hostile;
mod recorded;
mod script;
