-- The table that Talkies keeps current: one row a job, for an app on Supabase to read.
-- Apply it with `supabase db push`, or paste it into the SQL editor. It may run again.

create table if not exists public.avatar_jobs (
  -- The caller's own job id where it gave one, else the one Talkies made.
  id text primary key,
  -- The Supabase user it belongs to: `auth.uid()` as text.
  user_id text,
  type text not null,
  status text not null default 'queued'
    check (status in ('queued', 'processing', 'finished', 'failed')),
  payload jsonb not null default '{}'::jsonb,
  -- 0 to 1.
  progress double precision not null default 0,
  -- Signed links by name (`video`, `captions.vtt`…), good until `output_urls_expire_at`.
  output_urls jsonb not null default '{}'::jsonb,
  output_urls_expire_at timestamptz,
  -- Where the same files lie in the storage, to sign links of your own.
  output_paths jsonb not null default '{}'::jsonb,
  -- code, message, hint, retryable
  error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  finished_at timestamptz,
  -- Talkies' own: which job of which installation, and how new what it knows is.
  talkies_id text unique,
  source text,
  revision bigint not null default 0,
  checked_at timestamptz
);

create index if not exists avatar_jobs_user_id on public.avatar_jobs (user_id, created_at desc);
create index if not exists avatar_jobs_checked_at on public.avatar_jobs (source, checked_at);

-- Up to which event each installation has told its jobs.
create table if not exists public.avatar_jobs_cursor (
  source text primary key,
  event bigint not null,
  updated_at timestamptz not null default now()
);

-- Owners read their own rows, and nobody but the service role writes: it passes by the policies,
-- and the other roles have no policy that lets them write, nor the right to try.
alter table public.avatar_jobs enable row level security;
alter table public.avatar_jobs_cursor enable row level security;

revoke all on public.avatar_jobs, public.avatar_jobs_cursor from public, anon, authenticated;
grant select on public.avatar_jobs to authenticated;
grant select, insert, update, delete
  on public.avatar_jobs, public.avatar_jobs_cursor to service_role;

drop policy if exists "Owners read their own jobs" on public.avatar_jobs;
create policy "Owners read their own jobs" on public.avatar_jobs
  for select to authenticated
  using (user_id = (select auth.uid())::text);
