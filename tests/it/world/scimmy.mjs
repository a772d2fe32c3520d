// SCIMMY as a server, in memory. MODULES: where its packages are. PORT: where it listens. ONE_PAGE: answer as it does
// with express 5, where it does not see `startIndex` and `count`, and so has one page only.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';

const require = createRequire(process.env.MODULES + '/');
const express = require('express');
const SCIMMY = require('scimmy').default ?? require('scimmy');
const routers = require('scimmy-routers');
const Routers = routers.default ?? routers;

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser);
for (const name of ['User', 'Group']) {
  const kept = new Map();
  SCIMMY.Resources.declare(SCIMMY.Resources[name])
    .ingress(async (resource, data) => {
      const id = resource.id ?? randomUUID();
      if (resource.id && !kept.has(id)) throw new SCIMMY.Types.Error(404, null, 'there is none');
      const now = new Date().toISOString();
      const created = kept.get(id)?.meta.created ?? now;
      const entry = { ...JSON.parse(JSON.stringify(data)), id, meta: { created, lastModified: now } };
      kept.set(id, entry);
      return entry;
    })
    .egress(async (resource) => {
      if (resource.id) {
        if (!kept.has(resource.id)) throw new SCIMMY.Types.Error(404, null, 'there is none');
        return kept.get(resource.id);
      }
      const all = [...kept.values()];
      return resource.filter ? resource.filter.match(all) : all;
    })
    .degress(async (resource) => {
      if (!kept.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, 'there is none');
    });
}

const app = express();
if (!process.env.ONE_PAGE) {
  app.use((request, _, next) => {
    const query = { ...request.query };
    for (const name of ['startIndex', 'count']) if (name in query) query[name] = +query[name];
    Object.defineProperty(request, 'query', { value: query });
    next();
  });
}
const handler = (request) => {
  if (request.header('Authorization') !== 'Bearer scim-token') throw new Error('who is this?');
  return 'rosterd';
};
app.use('/v2', new Routers({ type: 'bearer', handler }));
app.listen(+process.env.PORT, '127.0.0.1');
