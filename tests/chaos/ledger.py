"""The four counters of a queue test: lost, repeated, recovered, unexpected.

Pure functions of what the load was answered, what the mail servers' journals say, what lies in the
dead letters, and when the faults were."""

import collections
import dataclasses

from faults import KINDS

# Around the beginning and the end of a fault: what was settled or committed just before is hit too.
MARGIN_S = 0.5


@dataclasses.dataclass
class Counts:
    accepted: int = 0
    delivered: int = 0
    refused_for_good: int = 0
    lost: list = dataclasses.field(default_factory=list)
    repeated: int = 0
    repeated_bound: int = 0
    # Copies by the kind of fault that was nearest to the copy before them.
    repeated_after: dict = dataclasses.field(default_factory=dict)
    recovered: int = 0
    unexpected: list = dataclasses.field(default_factory=list)
    dead_without_cause: list = dataclasses.field(default_factory=list)

    def violations(self):
        found = []
        if self.lost:
            found.append(f"lost {len(self.lost)}: {', '.join(self.lost[:5])}")
        if self.unexpected:
            found.append(f"unexpected {len(self.unexpected)}: {', '.join(self.unexpected[:5])}")
        if self.repeated > self.repeated_bound:
            found.append(f"repeated {self.repeated}, in flight {self.repeated_bound}")
        if "none" in self.repeated_after:
            found.append(f"repeated without a fault: {self.repeated_after['none']}")
        if self.dead_without_cause:
            found.append(f"dead without cause {len(self.dead_without_cause)}: "
                         f"{', '.join(self.dead_without_cause[:5])}")
        return found


def count(requests, journal, dead, faults):
    """`requests`: Request by address. `journal`: entries of all mail servers. `dead`: reasons by
    address. `faults`: those that happened."""
    stored = [entry for entry in journal if entry["what"] == "stored"]
    by_address = collections.defaultdict(list)
    for entry in sorted(stored, key=lambda entry: entry["at"]):
        by_address[entry["to"]].append(entry)
    by_address = dict(by_address)

    counts = Counts()
    for address, request in requests.items():
        mails = [entry for entry in by_address.get(address, []) if entry["answer"] == "250"]
        if request.answer != 202:
            continue
        counts.accepted += 1
        if mails:
            counts.delivered += 1
        elif address not in dead:
            counts.lost.append(address)
        if address.startswith("unknown"):
            counts.refused_for_good += address in dead

    counts.dead_without_cause = [f"{address} ({reason})" for address, reason in dead.items()
                                 if not (address.startswith("unknown") and "550" in reason)]
    counts.unexpected = unexpected(requests, by_address)
    counts.repeated = len(stored) - len({entry["id"] for entry in stored})
    counts.repeated_bound = in_flight(requests, by_address, faults) + dropped(stored)
    counts.repeated_after = dict(collections.Counter(causes(by_address, faults)))
    counts.recovered = recovered(requests, by_address, faults, journal)
    return counts


def unexpected(requests, by_address):
    """Emails to an address that never asked, and a second email (not a copy) to one who asked once.
    An address whose request broke off may have its email: what became of it is not known."""
    found = []
    for address, entries in by_address.items():
        if address not in requests or requests[address].answer == "unsent":
            found.append(address)
        elif len({entry["id"] for entry in entries}) > 1:
            found.append(f"{address} (two emails)")
    return found


def in_flight(requests, by_address, faults):
    """How many emails the faults can have repeated: at the beginning and at the end of each those
    that were under way, at most as many as what it hit can have in flight. An email is under way
    from its request to its last copy, since a job that is not settled comes again."""
    ways = [(request.began, by_address[address][-1]["at"])
            for address, request in requests.items() if address in by_address]
    total = 0
    for fault in faults:
        in_flight = KINDS[fault.kind].in_flight
        moments = {fault.began, fault.ended} if in_flight else set()
        for moment in moments:
            total += min(in_flight, sum(1 for began, ended in ways
                                    if began - MARGIN_S <= moment <= ended + MARGIN_S))
    return total


def causes(by_address, faults):
    """For each copy: a drop after the dot, or the fault nearest to the copy before it among those
    that were there between the two; `none` when there was not any."""
    for entries in by_address.values():
        for before, after in zip(entries, entries[1:]):
            if before["answer"] == "dropped":
                yield "mail: drop after the dot"
                continue
            near = [(max(fault.began - before["at"], before["at"] - fault.ended, 0), fault.kind)
                    for fault in faults if KINDS[fault.kind].in_flight
                    and fault.began <= after["at"] + MARGIN_S
                    and fault.ended >= before["at"] - MARGIN_S]
            yield min(near)[1] if near else "none"


def dropped(stored):
    """One repeat for each email that was kept and not answered."""
    return sum(1 for entry in stored if entry["answer"] == "dropped")


def recovered(requests, by_address, faults, journal):
    """Emails that arrived although a fault was there between their 202 and their 250."""
    met = {entry["to"] for entry in journal if entry["what"] == "fault" and entry["to"]}
    total = 0
    for address, request in requests.items():
        mails = [entry["at"] for entry in by_address.get(address, []) if entry["answer"] == "250"]
        if request.answer != 202 or not mails:
            continue
        total += address in met or any(
            fault.began <= mails[0] and fault.ended >= request.ended for fault in faults)
    return total
