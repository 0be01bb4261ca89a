// How a simulated guest behaves. A test or a seed chooses.

export interface GuestBehaviour {
  /** From the process's start to the guest's first word. */
  bootMs: number;
  /**
   * `answers`; `silent`: never says a word; `panics`: its kernel ends the VM; `hangs-first`: silent in its first boot;
   * `panics-first`: as that.
   */
  boot: 'answers' | 'silent' | 'panics' | 'hangs-first' | 'panics-first';
  /** Falls silent so long after its boot; the VM's process stays. */
  hangsAfterMs?: number;
  /** Called when it does: a VM may be gone before. */
  onHang?: () => void;
  /** Says these bodies as soon as it is connected, whatever the protocol asks. */
  lies?: readonly Readonly<Record<string, unknown>>[];
  /** Fills the link: with lines that are no frames, or with frames that are no messages. */
  floods?: 'garbage' | 'frames';
  /** From the order to power off to the end of the process; never, when absent and deaf. */
  powerOffMs: number;
  /** Pays no heed to a shutdown. */
  deaf: boolean;
}

export const goodGuest: GuestBehaviour = { bootMs: 1500, boot: 'answers', powerOffMs: 200, deaf: false };
