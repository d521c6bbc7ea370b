"""Run by Alembic. A new migration: change models.py, then

alembic -c voicebot/mis/registry/migrations/alembic.ini -x url=sqlite:///scratch.db upgrade head
alembic -c voicebot/mis/registry/migrations/alembic.ini -x url=sqlite:///scratch.db revision --autogenerate -m "why"
"""

from voicebot.mis.registry.models import Base
from voicebot.sql.migrate import run_environment

run_environment(Base.metadata)
