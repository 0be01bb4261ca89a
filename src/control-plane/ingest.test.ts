import { expect, it } from 'vitest';
import { ControlPlaneWorld } from '../../test/support/control-plane-world.ts';
import { matrixOf } from '../../test/support/workflows.ts';
import { minutes } from '../domain/time.ts';

it('leaves lines by which a delivery, its job, the VM of that and its host are found from each other', async () => {
  const world = new ControlPlaneWorld();
  await world.addHost('rack', 1);
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(1) });
  const isDone = async () => (await world.jobs()).some(({ state }) => state === 'done');
  expect(await world.until(isDone, minutes(30))).toBe(true);
  const [job] = await world.jobs();
  const [vm] = await world.vms();
  const fieldsOf = (message: string) =>
    world.lines.filter((line) => line.message === message).map(({ fields }) => fields);
  const { id, host } = vm ?? {};
  expect(fieldsOf('heard of a job')).toContainEqual(
    expect.objectContaining({ delivery: expect.any(String), job: job?.id, status: 'completed' }),
  );
  expect(fieldsOf('heard of a VM')).toContainEqual(expect.objectContaining({ vm: id, host, job: job?.id }));
});
