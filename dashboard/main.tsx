import './style/tokens.css';
import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/table.css';
import './style/pages.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { cache } from './api/use-answer.ts';
import { App } from './app.tsx';
import { applyTheme } from './shell/theme.ts';

applyTheme();
const place = document.getElementById('app');
if (place === null) throw new Error('bug: index.html has no #app');
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
