// What both ends of the guest link must agree on, free of any library: the guest agent carries this file, and its start
// counts in every boot.

/** Raised when a message changes its meaning. Host and guest of different versions refuse each other by name. */
export const guestProtocolVersion = 1;

/** The largest frame in either direction, in bytes, newline included. A JIT configuration is about 6 kB. */
export const maxFrameBytes = 256 * 1024;

/** So many unreadable frames in one connection, and it is closed. */
export const maxBadFrames = 32;

/** The name of the virtio-serial port in the guest. */
export const guestPortName = 'bellows';

/** The same over vsock, which has numbers instead of names. */
export const guestVsockPort = 1024;
