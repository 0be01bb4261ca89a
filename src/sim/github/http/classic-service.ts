// The two calls of the classic protocol that some runners make first. Their only purpose here is to lead to the broker:
// the session that they answer with carries its address (read in github-act-runner, protocol/connection.go).

import type { FastifyInstance } from 'fastify';
import type { Shell } from './shell.ts';

const sessionsDefinition = '134e239e-2df3-4794-a6f6-24f1f19ec8dc';
const empty = '00000000-0000-0000-0000-000000000000';

export function addClassicService(server: FastifyInstance, shell: Shell): void {
  server.get('/classic/_apis/connectionData', () => connectionData(shell));
  server.post('/classic/_apis/distributedtask/pools/:pool/sessions', (_request, reply) =>
    reply.send({
      sessionId: shell.world.ids.guid(),
      ownerName: 'classic',
      brokerMigrationMessage: { brokerBaseUrl: `${shell.world.urls.runner}/broker` },
    }),
  );
}

function connectionData({ world }: Shell) {
  const user = { id: empty, providerDisplayName: 'runner', isActive: true };
  const base = `${world.urls.runner}/classic/`;
  return {
    instanceId: empty,
    deploymentId: empty,
    deploymentType: 'hosted',
    authenticatedUser: user,
    authorizedUser: user,
    locationServiceData: {
      serviceOwner: empty,
      defaultAccessMappingMoniker: 'HostGuidAccessMapping',
      lastChangeId: 1,
      lastChangeId64: 1,
      clientCacheFresh: false,
      clientCacheTimeToLive: 3600,
      accessMappings: [
        {
          moniker: 'HostGuidAccessMapping',
          displayName: 'Host Guid Access Mapping',
          accessPoint: base,
          serviceOwner: empty,
          virtualDirectory: '',
        },
      ],
      serviceDefinitions: [
        {
          serviceType: 'distributedtask',
          identifier: sessionsDefinition,
          displayName: 'sessions',
          description: 'sessions',
          relativeToSetting: 'fullyQualified',
          relativePath: '_apis/distributedtask/pools/{poolId}/sessions/{sessionId}',
          serviceOwner: empty,
          toolId: 'distributedtask',
          locationMappings: [],
          resourceVersion: 1,
          minVersion: '1.0',
          maxVersion: '7.2',
          releasedVersion: '6.0',
        },
      ],
    },
  };
}
