//! Who takes part in a shared ring, and how many buffers each holds: for whoever looks on.

use super::Ring;
use super::estate::Estate;
use crate::memory::Value;
use crate::protocol::slot::Owner;

/// A process that takes part in a shared ring.
///
/// # Examples
///
/// See [`Ring::participants`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Participant {
    /// Its number in this ring, from 1 on.
    pub number: u16,
    /// Its number in its namespace of processes, as it said when it came.
    pub process: u32,
    /// The number of that namespace; 0 if the system does not say.
    pub process_namespace: u64,
    /// When it started, in the system's ticks since the machine did; 0 if the system does not say.
    pub started_ticks: u64,
    /// The file name of its program, of which the first 96 bytes.
    pub program: String,
    /// Whether it lives: a stopped process does. What a dead one held is about to be recovered.
    pub is_alive: bool,
    /// How many buffers it holds.
    pub holds: usize,
}

impl<T: Value> Ring<T> {
    /// Lists the processes that take part in a shared ring. What comes or goes meanwhile may be there or not. A ring of this process alone
    /// has no list.
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::Ring;
    /// use ringmill::memory::shared::Place;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("ring");
    /// let ring = Ring::<f32>::builder().buffers(2).at(Place::file(path)).build()?;
    /// let buffer = ring.claim()?;
    /// let me = &ring.participants()[0];
    /// assert!(me.is_alive && me.process == std::process::id() && me.holds == 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn participants(&self) -> Vec<Participant> {
        let Some(estate) = self.core().estate() else { return Vec::new() };
        let mut holds = vec![0_usize; estate.layout().participants + 1];
        for slot in &*self.core().words().slots {
            let word = slot.word();
            if word.is_held()
                && let Some(holds) = holds.get_mut(usize::from(word.owner()))
            {
                *holds += 1;
            }
        }
        let numbers = 1..holds.len() as Owner;
        numbers.filter_map(|number| participant(estate, number, holds[usize::from(number)])).collect()
    }
}

/// Describes whoever has a number, if anybody has.
fn participant(estate: &Estate, number: Owner, holds: usize) -> Option<Participant> {
    let (identity, is_alive) = estate.who_is(number)?;
    let bytes: Vec<u8> = identity[4..].iter().flat_map(|word| word.to_le_bytes()).collect();
    let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    Some(Participant {
        number,
        process: identity[0] as u32,
        process_namespace: identity[1],
        started_ticks: identity[2],
        program: String::from_utf8_lossy(name).into_owned(),
        is_alive,
        holds,
    })
}
