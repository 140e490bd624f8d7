"""The menu of faults, and a plan of them that follows from a seed alone.

The seed decides which fault comes when, where and for how long. What it meets (which email is
where at that moment) is the machine's timing, and differs from run to run."""

import dataclasses
import random

SMTP_CONNECTIONS = 4
MAILS_IN_FLIGHT = 256
RELAY_BATCH = 512
DEAD_LETTER_WINDOW = 32
RETRY_QUEUES = 4

# How many emails can be in flight at what a fault hits, and so be repeated:
# a worker has no more emails that are taken up and not settled,
WORKER_HANDS = MAILS_IN_FLIGHT
# a relay has one confirm window out,
APP_HANDS = RELAY_BATCH
# a broker node has a part in all of these, and itself carries emails back from the retry queues,
BROKER_HANDS = 2 * WORKER_HANDS + 2 * APP_HANDS + RETRY_QUEUES * DEAD_LETTER_WINDOW
# and a mail connection has one final dot at a time that waits for its 250.
MAIL_HANDS = SMTP_CONNECTIONS

APPS, WORKERS, MAILS = ("app1", "app2"), ("worker1", "worker2"), ("mail1", "mail2")
NODES = ("node1", "node2", "node3")


@dataclasses.dataclass(frozen=True)
class Kind:
    targets: tuple
    shortest_s: float
    longest_s: float
    in_flight: int
    # What it occupies besides its target; nothing else that occupies it begins meanwhile.
    occupies: str = ""
    # How long what it hit takes to be itself again.
    rest_s: float = 2


KINDS = {
    "app killed": Kind(APPS, 0.2, 3, APP_HANDS),
    "app stopped": Kind(APPS, 0.2, 3, APP_HANDS),
    "app frozen": Kind(APPS, 1, 8, APP_HANDS),
    "worker killed": Kind(WORKERS, 0.2, 3, WORKER_HANDS),
    "worker stopped": Kind(WORKERS, 0.2, 3, WORKER_HANDS),
    "worker frozen": Kind(WORKERS, 1, 10, WORKER_HANDS),
    "broker node killed": Kind(NODES, 1, 8, BROKER_HANDS, "broker", 14),
    "broker node stopped": Kind(NODES, 1, 8, BROKER_HANDS, "broker", 14),
    "broker node frozen": Kind(NODES, 2, 8, BROKER_HANDS, "broker", 6),
    "broker quorum lost": Kind(NODES, 3, 10, BROKER_HANDS, "broker", 20),
    "database restarted": Kind(("database",), 0.3, 4, 2 * APP_HANDS, "database", 3),
    "mail server killed": Kind(MAILS, 0.3, 5, 2 * MAIL_HANDS),
    "mail server frozen": Kind(MAILS, 1, 8, 2 * MAIL_HANDS),
    "mail: 4xx": Kind(MAILS, 2, 6, 0),
    "mail: 421": Kind(MAILS, 2, 6, 0),
    # The journal knows each of these, so they are counted one by one.
    "mail: drop after the dot": Kind(MAILS, 2, 6, 0),
    "mail: tarpit": Kind(MAILS, 2, 6, 0),
    # Begins with a cut, since no client sends AUTH on a warm connection.
    "mail: AUTH refused": Kind(MAILS, 2, 6, 2 * MAIL_HANDS),
    "cut app-broker": Kind(APPS, 0, 0, APP_HANDS, "gate"),
    "cut app-database": Kind(APPS, 0, 0, APP_HANDS, "gate"),
    "cut worker-broker": Kind(WORKERS, 0, 0, WORKER_HANDS, "gate"),
    "cut worker-mail": Kind(WORKERS, 0, 0, MAIL_HANDS, "gate"),
    "half-open app-broker": Kind(APPS, 2, 15, APP_HANDS, "gate"),
    "half-open app-database": Kind(APPS, 1, 6, APP_HANDS, "gate"),
    "half-open worker-broker": Kind(WORKERS, 2, 15, WORKER_HANDS, "gate"),
    "half-open worker-mail": Kind(WORKERS, 1, 8, MAIL_HANDS, "gate"),
    # Longer than the relay's lease of 30 s: the other app publishes what this one had claimed.
    "app frozen beyond its lease": Kind(APPS, 33, 40, APP_HANDS),
}
ONLY_IN_LONG_RUNS = {"app frozen beyond its lease"}
LONG_RUN_S = 600

CHANCES = {
    "mail: 4xx": {"rcpt_4xx": 0.3},
    "mail: 421": {"mail_421": 0.2},
    "mail: drop after the dot": {"drop_after_dot": 0.2},
    "mail: tarpit": {"tarpit": 0.3, "tarpit_s": 4},
    "mail: AUTH refused": {"auth_refused": 0.8},
}


@dataclasses.dataclass
class Fault:
    at_s: float
    kind: str
    target: str
    seconds: float
    # For a cut: after how many more bytes. For a half-open stall: whether it ends with a reset.
    after_bytes: int
    resets: bool
    # Filled in when it happens (time.monotonic).
    began: float = 0
    ended: float = 0

    def occupied(self):
        kind = KINDS[self.kind]
        if kind.occupies in ("broker", "database"):
            return {kind.occupies}
        return {self.target}


class Deck:
    """Every kind once before any comes again, in an order of the seed's."""

    def __init__(self, chance, kinds):
        self._chance, self._kinds, self._cards = chance, kinds, []

    def draw(self, fits):
        for _ in range(2):
            for i, card in enumerate(self._cards):
                if fits(card):
                    return self._cards.pop(i)
            fresh = list(self._kinds)
            self._chance.shuffle(fresh)
            self._cards += fresh
        return None


def plan(seed, seconds):
    chance = random.Random(seed)
    kinds = [kind for kind in KINDS if seconds >= LONG_RUN_S or kind not in ONLY_IN_LONG_RUNS]
    deck = Deck(chance, kinds)
    free_at, faults, at = {}, [], chance.uniform(1, 3)
    while at < seconds:
        drafts = {kind: draft(chance, kind, at) for kind in kinds}

        def fits(kind):
            return all(free_at.get(what, 0) <= at for what in drafts[kind].occupied())
        kind = deck.draw(fits)
        if kind:
            fault = drafts[kind]
            faults.append(fault)
            for what in fault.occupied():
                free_at[what] = at + fault.seconds + KINDS[kind].rest_s
        at += chance.uniform(2, 5)
    return faults


def draft(chance, name, at):
    kind = KINDS[name]
    return Fault(round(at, 2), name, chance.choice(kind.targets),
                 round(chance.uniform(kind.shortest_s, kind.longest_s), 2),
                 chance.randint(1, 3000), chance.random() < 0.5)
