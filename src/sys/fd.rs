//! Open files on their way to other processes: over a socket, or to a child that is started with them.
//!
//! What arrives is the sender's open file description, with its locks and its position. Who wants one of its own opens the file
//! once more. Source: unix(7), "SCM_RIGHTS"; proc_pid_fd(5).

#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// The byte that a file travels with: a message has to have one.
const COMPANION: [u8; 1] = *b"R";

/// That no signal comes if nobody is at the other end, where a call can be asked for that.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SENDING: SendFlags = SendFlags::NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SENDING: SendFlags = SendFlags::empty();

/// That the file is closed in whatever another thread starts, where the call that receives can see to it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const RECEIVING: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const RECEIVING: RecvFlags = RecvFlags::empty();

/// Sends a file; it stays open here.
pub(crate) fn send(stream: &UnixStream, file: &File) -> io::Result<()> {
    let files = [file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    // The space is for one, so it fits.
    control.push(SendAncillaryMessage::ScmRights(&files));
    loop {
        match sendmsg(stream, &[IoSlice::new(&COMPANION)], &mut control, SENDING) {
            Err(Errno::INTR) => {}
            outcome => return outcome.map(drop).map_err(io::Error::from),
        }
    }
}

/// Receives a file, waiting for it as the stream's settings say.
pub(crate) fn receive(stream: &UnixStream) -> io::Result<OwnedFd> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let bytes = &mut [IoSliceMut::new(&mut byte)];
        match recvmsg(stream, bytes, &mut control, RECEIVING) {
            Err(Errno::INTR) => {}
            outcome => break outcome?,
        }
    };
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    // Those that are not taken out are closed when the buffer goes.
    let mut file = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(files) = message {
            file = files.fold(file, |first: Option<OwnedFd>, next| first.or(Some(next)));
        }
    }
    let whole = byte == COMPANION && !received.flags.contains(ReturnFlags::CTRUNC);
    file.filter(|_| whole).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "what was received is not a file and the byte with it")
    })
}

/// Opens once more what is open under a number in this process.
pub(crate) fn reopen(number: u32, for_change: bool) -> io::Result<File> {
    File::options().read(true).write(for_change).open(format!("/proc/self/fd/{number}"))
}

/// Sees to it that a child has the file open, and returns under which number.
pub(crate) fn pass_to(command: &mut Command, file: &File) -> io::Result<u32> {
    let file = file.try_clone()?;
    let number: RawFd = file.as_raw_fd();
    let inherit = move || Ok(fcntl_setfd(&file, FdFlags::empty())?);
    // SAFETY: `pre_exec` wants what may run between fork and exec of a process with threads: `inherit` makes one system call,
    // which rustix makes itself; it takes no lock and allocates nothing. The closure owns the file, so it is open then.
    unsafe { command.pre_exec(inherit) };
    Ok(number.unsigned_abs())
}
