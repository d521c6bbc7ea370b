"""What calls run now: the published scenarios, each with the language that it was published with."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from voicebot.dialogue.scenario import Scenario
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.talk import Language
from voicebot.scenarios.versions import read, running
from voicebot.store.published import Published, PublishedScenario

log = logging.getLogger(__name__)

#: Does the work, perhaps in a thread.
Elsewhere = Callable[[Callable[[], Mapping[str, Language]]], Awaitable[Mapping[str, Language]]]


async def _here(work: Callable[[], Mapping[str, Language]]) -> Mapping[str, Language]:
    return work()


class Repertoire:
    """Looked at by every call and every plan; refresh() takes over what was published or rolled back since.

    store: None for one that does not change (drafts on trial)
    elsewhere: where phrase tables are read, a second of work each: a robot with calls on the line wants a thread
    """

    def __init__(self, store: Published | None, elsewhere: Elsewhere = _here) -> None:
        self._store, self._elsewhere = store, elsewhere
        self._numbers: dict[str, int] = {}
        self._languages: dict[str, Language] = {}
        self._shared: dict[tuple[str, str], Language] = {}  # most versions were published with the same tables
        self._earlier: dict[tuple[str, str], tuple[Scenario, Language] | None] = {}  # versions never change
        self.scenarios: Mapping[str, Scenario] = {}

    @classmethod
    def of_drafts(cls, scenarios: Mapping[str, Scenario], language: Language) -> Repertoire:
        """What stands in the clinic's folder now, for a trial: published or not."""
        made = cls(None)
        made.scenarios = scenarios
        made._languages = dict.fromkeys(scenarios, language)
        return made

    def scenario(self, scenario_id: str) -> Scenario | None:
        """The version that runs now; None when nothing of this name was published."""
        return self.scenarios.get(scenario_id)

    async def version(self, scenario_id: str, version: str) -> Scenario | None:
        """Any version that was published, for campaigns that are pinned to it and for calls that began with it. None
        when there is none, or this program cannot read it any more. Raises StoreDown."""
        running = self.scenarios.get(scenario_id)
        if running is not None and running.version == version:
            return running
        key = scenario_id, version
        if key not in self._earlier and self._store is not None:
            stored = next(
                (v for v in await self._store.published_scenarios(scenario_id) if str(v.number) == version), None
            )
            if stored is None:
                return None
            self._earlier[key] = self._kept(stored)
        found = self._earlier.get(key)
        return found[0] if found is not None else None

    def _kept(self, stored: PublishedScenario) -> tuple[Scenario, Language] | None:
        try:
            one = read(stored)
        except ScenarioFault as fault:
            log.error("version %d of scenario %s cannot be read: %s", stored.number, stored.scenario_id, fault.message)
            return None
        shared = self._shared.get((stored.phrases, stored.pronunciations))
        return one.scenario, shared or one.language()

    def language_of(self, scenario: Scenario) -> Language:
        """Phrase table and dictionary of the version that this scenario is."""
        earlier = self._earlier.get((scenario.id, scenario.version))
        running = self.scenarios.get(scenario.id)
        if earlier is not None and (running is None or running.version != scenario.version):
            return earlier[1]
        return self._languages[scenario.id]

    async def refresh(self) -> None:
        """Raises StoreDown, and ScenarioFault for a version that this program cannot read: what ran goes on."""
        if self._store is None:
            return
        numbers = {version.scenario_id: version.number for version in await self._store.running_scenarios()}
        if numbers == self._numbers:
            return
        found = await running(self._store)
        shared = dict(self._shared)

        def read_tables() -> Mapping[str, Language]:
            languages: dict[str, Language] = {}
            for name, one in found.items():
                key = (one.source.phrases, one.source.pronunciations)
                if key not in shared:
                    shared[key] = one.language()
                languages[name] = shared[key]
            return languages

        languages = dict(await self._elsewhere(read_tables))
        keys = {(one.source.phrases, one.source.pronunciations) for one in found.values()}
        self.scenarios = {name: one.scenario for name, one in found.items()}
        self._languages, self._shared, self._numbers = languages, {key: shared[key] for key in keys}, numbers
