// The workflow that the demo pushes, and what must come of it.

/**
 * Every job prints the boot id of the machine that it runs on: two jobs with the same one shared a VM. A simulated VM
 * (`--driver sim`) hands its runner an id of its own.
 */
export const workflowPath = '.github/workflows/demo.yml';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it.
const bootId = 'echo "boot-id=${BELLOWS_SIM_BOOT_ID:-$(cat /proc/sys/kernel/random/boot_id)}"';

export function workflow(label: string, inVm: boolean): string {
  return `name: demo
on: push
jobs:
  specs:
    runs-on: ${label}
    steps:
      - run: ${bootId}
      - name: What this machine is
        run: |
          echo "cpus: $(nproc)"
          echo "memory: $(free -m | awk '/^Mem:/ { print $2 }') MB"
          echo "disk: $(df -Pm / | awk 'END { print $4 }') MB free"
          echo "kernel: $(uname -sr)"
          echo "system: $(. /etc/os-release && echo "$PRETTY_NAME")"
          echo "user: $(id -un)"
${inVm ? '          echo "with sudo: $(sudo -n id -un)"\n' : ''}  test:
    runs-on: ${label}
    strategy:
      matrix:
        shard: [1, 2, 3]
    steps:
      - run: ${bootId}
      - name: Test for a while, so that whoever watches sees it run
        run: sleep 2
      - run: echo "shard \${{ matrix.shard }} of 3 passed"
  report:
    needs: [specs, test]
    runs-on: ${label}
    steps:
      - run: ${bootId}
      - run: echo "all shards passed"
  fails-on-purpose:
    runs-on: ${label}
    steps:
      - run: ${bootId}
      - name: A failing step
        run: exit 3
      - name: Never reached
        run: echo "this line must not appear"
${inVm ? container(label) : ''}`;
}

/** Builds an image from nothing but a static program of the machine, so that it works without a network. */
const container = (label: string): string => `  container:
    runs-on: ${label}
    steps:
      - run: ${bootId}
      - name: Build and run a container
        run: |
          mkdir context && cp "$(command -v busybox)" context/busybox
          printf 'FROM scratch\\nCOPY busybox /bin/busybox\\nENTRYPOINT ["/bin/busybox"]\\n' > context/Dockerfile
          docker build --quiet --tag demo context
          docker run --rm --network none demo echo "hello from a container"
`;

export interface Expected {
  job: string;
  conclusion: 'success' | 'failure';
  /** Must stand in the job's log. */
  says: readonly (string | RegExp)[];
  /** Must not. */
  neverSays: readonly string[];
}

/** What the job finds in a VM of ours: the processors and the memory of its label (a part of that is the kernel's), and the rest. */
const specs: readonly RegExp[] = [
  /cpus: 2$/m,
  /memory: (8\d\d|9\d\d|10[0-2]\d) MB$/m,
  /disk: [1-9]\d+ MB free$/m,
  /kernel: Linux \d+\.\d+/,
  /system: (Debian|Ubuntu)/,
  /user: runner$/m,
  /with sudo: root$/m,
];

export function expectations(inVm: boolean): readonly Expected[] {
  const shard = (n: number): Expected => ({
    job: `test (${n})`,
    conclusion: 'success',
    says: ['boot-id=', `shard ${n} of 3 passed`],
    neverSays: [],
  });
  return [
    {
      job: 'specs',
      conclusion: 'success',
      says: ['boot-id=', 'cpus:', ...(inVm ? specs : [])],
      neverSays: [],
    },
    shard(1),
    shard(2),
    shard(3),
    { job: 'report', conclusion: 'success', says: ['all shards passed'], neverSays: [] },
    {
      job: 'fails-on-purpose',
      conclusion: 'failure',
      says: ['boot-id='],
      neverSays: ['this line must not appear'],
    },
    ...(inVm
      ? [
          {
            job: 'container',
            conclusion: 'success' as const,
            says: ['boot-id=', 'hello from a container'],
            neverSays: [],
          },
        ]
      : []),
  ];
}
