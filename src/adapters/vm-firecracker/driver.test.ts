import { vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { standInHarness } from '../../../test/support/firecracker/harness.ts';

vmDriverContract('Firecracker 1.16, played by a stand-in,', () => standInHarness('1.16'));
