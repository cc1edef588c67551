"""Scenarios: models that learn from their users, attacked, and honest bursts that look like it.

One file a scenario. Each makes a stage from real rows (what was known, what the stream brings, what
is asked at the end) and plays on it: attacks, and controls that must be let through.
"""

from foretaste.stream.scenarios.chatbot import Chatbot
from foretaste.stream.scenarios.contract import Material, Play, Scenario, Stage
from foretaste.stream.scenarios.hospital import Hospital
from foretaste.stream.scenarios.search import Search
from foretaste.stream.scenarios.spam import Spam

__all__ = ["SCENARIOS", "Material", "Play", "Scenario", "Stage"]

SCENARIOS: dict[str, type[Scenario]] = {
    scenario.name: scenario for scenario in (Chatbot, Search, Spam, Hospital)
}
