"""Who may do what: keys, sessions and limits, as the settings have them."""

from dataclasses import dataclass

from talkies.studio.access.audit import AuditLog
from talkies.studio.access.idempotency import Idempotency
from talkies.studio.access.keys import KeyRing
from talkies.studio.access.limits import Limiter, RateLimits
from talkies.studio.access.quotas import JobQuotas, Quotas
from talkies.studio.access.sessions import Sessions
from talkies.wiring.foundation import Foundation


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may do what."""

    keys: KeyRing
    sessions: Sessions
    limiter: Limiter
    quotas: Quotas
    idempotency: Idempotency
    audit: AuditLog


def access_to(base: Foundation) -> Access:
    """Build the parts. Nothing is contacted yet."""
    settings, engine = base.settings, base.engine
    rates = RateLimits(per_key=settings.rate_limit_per_key, per_user=settings.rate_limit_per_user)
    quotas = JobQuotas(
        per_key=settings.max_unfinished_jobs_per_key,
        per_user=settings.max_unfinished_jobs_per_user,
    )
    return Access(
        keys=KeyRing(engine),
        sessions=Sessions(engine, session_seconds=settings.session_hours * 3600),
        limiter=Limiter(rates, settings.limits_storage),
        quotas=Quotas(engine, quotas),
        idempotency=Idempotency(engine),
        audit=AuditLog(engine),
    )
