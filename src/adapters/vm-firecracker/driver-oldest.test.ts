// The oldest release that we take: no PCI bus, no file for the serial console, no page reporting.

import { vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { standInHarness } from '../../../test/support/firecracker/harness.ts';

vmDriverContract('Firecracker 1.10, played by a stand-in,', () => standInHarness('1.10'));
