//! Processor time, as the kernel counts it.

use anyhow::{Context as _, Result};

use crate::load::Cost;

/// Linux tells these times in hundredths of a second, whatever it counts in itself.
const TICK_US: u64 = 10_000;

/// Processor time so far, in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    server: u64,
    client: u64,
    machine: u64,
}

impl Cpu {
    /// Of the server with this id, of this process and of the whole machine.
    pub(crate) fn read(server: u32) -> Result<Self> {
        let machine = std::fs::read_to_string("/proc/stat")?;
        Ok(Self {
            server: of_process(&server.to_string())?,
            client: of_process("self")?,
            machine: busy(&machine).context("/proc/stat does not read")?,
        })
    }

    /// What was used since then, for each of so many requests.
    pub(crate) fn since(&self, before: &Self, requests: u64) -> Cost {
        let each = |now: u64, then: u64| now.saturating_sub(then) * TICK_US / requests.max(1);
        let server_us = each(self.server, before.server);
        let client_us = each(self.client, before.client);
        let machine_us = each(self.machine, before.machine);
        Cost { server_us, client_us, others_us: machine_us.saturating_sub(server_us + client_us) }
    }
}

/// In user mode and in the kernel.
fn of_process(id: &str) -> Result<u64> {
    let path = format!("/proc/{id}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    // The name in parentheses may hold anything.
    let (_, rest) = text.rsplit_once(')').with_context(|| format!("{path} does not read"))?;
    Ok(rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum())
}

/// User, nice and system, interrupts and what the hypervisor took; not idle, not waiting.
fn busy(stat: &str) -> Option<u64> {
    let fields: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen, ..] = fields.as_slice()
    else {
        return None;
    };
    Some(user + nice + system + interrupts + soft_interrupts + stolen)
}
