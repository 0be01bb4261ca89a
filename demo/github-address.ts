/** What guests call the machine that the simulated GitHub runs on. */
export const githubName = 'github.localhost';
/** An address that leads nowhere but through the VM's own forward. */
export const githubAddress = '10.0.2.100';
