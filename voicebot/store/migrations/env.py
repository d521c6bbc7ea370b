"""Run by Alembic. A new migration: change models.py, then

alembic -c voicebot/store/migrations/alembic.ini -x url=sqlite:///scratch.db upgrade head
alembic -c voicebot/store/migrations/alembic.ini -x url=sqlite:///scratch.db revision --autogenerate -m "why"
"""

from voicebot.sql.migrate import run_environment
from voicebot.store import campaign_models as campaign_models
from voicebot.store import decision_models as decision_models
from voicebot.store import node_models as node_models
from voicebot.store import published_models as published_models
from voicebot.store.models import Base

run_environment(Base.metadata)
