#!/bin/sh
# The `bellows` command of a host with an installed agent: on the Node that came with it, and for root with the settings of
# the service, so that `bellows image build` or `bellows doctor` work where the service works.
here=$(dirname "$(dirname "$(readlink -f "$0")")")
if [ -r /etc/bellows/agent.env ] && [ "$(id -u)" = 0 ]; then
	set -a
	. /etc/bellows/agent.env
	set +a
fi
exec "$here/node_modules/node-linux-ARCH/bin/node" "$here/dist/cli.js" "$@"
