import { dirname } from 'node:path';
import express, { Router } from 'express';
import { securityHeaders } from '../http/security';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Codemint API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="reader"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** A file of its own: the page allows no inline script. */
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reader',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  persistAuthorization: true,
});
`;

const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** The page at `/docs` that shows the API's description, with all that it needs served from here. */
export function docsReader(): Router {
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  const router = Router();
  // The reader sets styles on its elements.
  router.use(securityHeaders({ styleSources: ["'unsafe-inline'"] }));
  router.get('/', (_request, response) => void response.type('html').send(PAGE));
  router.get('/start.js', (_request, response) => void response.type('js').send(START));
  for (const file of ASSETS) router.use(`/${file}`, express.static(`${folder}/${file}`, { maxAge: '1h' }));
  return router;
}
