//! What goes wrong outside: stores, disks, other processes, signals. Nothing is lost, nothing half done, and it is told plainly.

mod away;
mod backup;
mod crowd;
pub(crate) mod disk;
mod doors;
mod drain;
mod drawn;
mod erase;
mod gateway;
mod newer;
mod rebuilt;
mod servers;
mod silence;
mod stopped;
