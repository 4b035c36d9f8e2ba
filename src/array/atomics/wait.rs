//! Waiting for an element to change, and telling those who wait.

use std::ptr;
use std::sync::OnceLock;
use std::time::Duration;

use super::{AtomicElement, Atomics, AtomicsError};
use crate::protocol::parking::{Parked, ParkingLot};

mod sealed {
    pub trait Sealed {}
}

/// An integer that threads can wait for: of 32 or 64 bits. No other type can implement this.
///
/// As in JavaScript, where waiting for a smaller one is a `TypeError`; here it does not compile.
///
/// # Examples
///
/// ```compile_fail,E0277
/// use ringmill::array::Atomics;
/// let mut flags = [0u8];
/// Atomics::over(&mut flags).unwrap().wait(0, 0, None); // u8 is no WaitElement
/// ```
pub trait WaitElement: AtomicElement + sealed::Sealed {}

macro_rules! wait_elements {
    ($($name:ident)*) => {$(
        impl sealed::Sealed for $name {}
        impl WaitElement for $name {}
    )*};
}

wait_elements! { i32 i64 u32 u64 }

/// Why a wait is over.
///
/// # Examples
///
/// ```
/// use ringmill::array::{Atomics, WaitOutcome};
/// let mut turns = [3i32];
/// assert_eq!(Atomics::over(&mut turns)?.wait(0, 2, None)?, WaitOutcome::NotEqual);
/// # Ok::<(), ringmill::array::AtomicsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitOutcome {
    /// Somebody called [`Atomics::notify`]. JavaScript's `"ok"`.
    Notified,
    /// The element was not the expected one, so there was nothing to wait for. JavaScript's `"not-equal"`.
    NotEqual,
    /// The time was up. JavaScript's `"timed-out"`.
    TimedOut,
}

/// Everyone in this process who waits for an element, by its address.
fn lot() -> &'static ParkingLot {
    static LOT: OnceLock<ParkingLot> = OnceLock::new();
    LOT.get_or_init(|| ParkingLot::new(64))
}

impl<T: WaitElement> Atomics<'_, T> {
    /// Sleeps until [`notify`](Self::notify) is called for the element, if it is `expected`; `None` waits for ever.
    ///
    /// The look at the element and falling asleep are one step, so a `notify` that follows a change is never missed. A
    /// change alone wakes nobody. Only threads of this process meet here, whatever file the elements lie in.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::OutOfRange`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::{SharedArray, WaitOutcome};
    /// use std::thread;
    /// let turns = SharedArray::<i32>::anonymous(&[1])?.into_atomics();
    /// let other = turns.clone();
    /// let waiter = thread::spawn(move || {
    ///     while other.view().load(0)? == 0 {
    ///         other.view().wait(0, 0, None)?;
    ///     }
    ///     other.view().load(0)
    /// });
    /// turns.view().store(0, 7)?;
    /// turns.view().notify(0, usize::MAX)?;
    /// assert_eq!(waiter.join().unwrap()?, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(
        self,
        index: usize,
        expected: T,
        timeout: Option<Duration>,
    ) -> Result<WaitOutcome, AtomicsError> {
        let cell = self.cell(index)?;
        let parked = lot().wait(ptr::from_ref(cell).addr(), timeout, || T::load(cell) == expected);
        Ok(match parked {
            Parked::Called => WaitOutcome::Notified,
            Parked::Changed => WaitOutcome::NotEqual,
            Parked::TimedOut => WaitOutcome::TimedOut,
        })
    }

    /// Wakes at most `count` of the threads that wait for the element, longest waiting first; returns how many.
    ///
    /// # Errors
    ///
    /// [`AtomicsError::OutOfRange`].
    ///
    /// # Examples
    ///
    /// ```
    /// use ringmill::array::Atomics;
    /// let mut turns = [0i64];
    /// assert_eq!(Atomics::over(&mut turns)?.notify(0, 1)?, 0); // nobody waits
    /// # Ok::<(), ringmill::array::AtomicsError>(())
    /// ```
    pub fn notify(self, index: usize, count: usize) -> Result<usize, AtomicsError> {
        let cell = self.cell(index)?;
        Ok(lot().notify(ptr::from_ref(cell).addr(), count))
    }
}
