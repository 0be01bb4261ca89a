import { it } from 'vitest';
import { vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { standInHarness, whyNoJails } from '../../../test/support/firecracker/harness.ts';

const name = 'Firecracker 1.16, played by a stand-in,';
if (whyNoJails === undefined) vmDriverContract(name, () => standInHarness('1.16'));
else it(`${name} as a VM driver`, (context) => context.skip(whyNoJails));
