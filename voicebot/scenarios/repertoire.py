"""What calls run now: the published scenarios, each with the language that it was published with."""

from __future__ import annotations

from collections.abc import Mapping

from voicebot.dialogue.scenario import Scenario
from voicebot.scenarios.talk import Language
from voicebot.scenarios.versions import running
from voicebot.store.published import Published


class Repertoire:
    """Looked at by every call and every plan; refresh() takes over what was published or rolled back since.

    store: None for one that does not change (drafts on trial)
    """

    def __init__(self, store: Published | None) -> None:
        self._store = store
        self._numbers: dict[str, int] = {}
        self._languages: dict[str, Language] = {}
        self._shared: dict[tuple[str, str], Language] = {}  # most versions were published with the same tables
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

    def language(self, scenario_id: str) -> Language:
        """Phrase table and dictionary of that version."""
        return self._languages[scenario_id]

    async def refresh(self) -> None:
        """Raises StoreDown, and ScenarioFault for a version that this program cannot read: what ran goes on."""
        if self._store is None:
            return
        numbers = {version.scenario_id: version.number for version in await self._store.running_scenarios()}
        if numbers == self._numbers:
            return
        found = await running(self._store)
        shared: dict[tuple[str, str], Language] = {}
        languages: dict[str, Language] = {}
        for name, one in found.items():
            key = (one.source.phrases, one.source.pronunciations)
            if key not in shared:
                shared[key] = self._shared.get(key) or one.language()
            languages[name] = shared[key]
        self.scenarios = {name: one.scenario for name, one in found.items()}
        self._languages, self._shared, self._numbers = languages, shared, numbers
