"""The job table of a Supabase project (S16), kept current where the settings name one."""

from dataclasses import dataclass

import sqlalchemy as sa

from talkies.api.links import Links
from talkies.jobs.jobs import Jobs
from talkies.jobs.records import Output
from talkies.studio.mirror.mirror import Mirror
from talkies.studio.mirror.table import JobTable, connect_mirror
from talkies.wiring.foundation import Foundation


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirroring:
    """A mirror and its own connection."""

    mirror: Mirror
    engine: sa.Engine


def mirroring(base: Foundation, jobs: Jobs) -> Mirroring | None:
    """The mirror of the settings; None where there is none. Nothing is contacted yet."""
    settings = base.settings
    if settings.supabase_db_url is None:
        return None
    engine = connect_mirror(settings.supabase_db_url.get_secret_value())
    links = Links(settings.api_public_base_url or "")

    def link(output: Output) -> str:
        return links.to(base.storage.link(output.storage_key))

    table = JobTable(engine, name=settings.supabase_jobs_table)
    return Mirroring(mirror=Mirror(jobs, table, link=link), engine=engine)
