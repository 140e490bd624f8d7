"""What the end-to-end tests share: the servers of one test program, and a system on top of them."""

import unittest

from servers import MailServer, Postern, Postgres, RabbitMq, scratch_folder

SECRET_KEY = "0123456789abcdef" * 4
PASSWORD = "a quiet green river 7"


class SystemTest(unittest.TestCase):
    """Starts the servers it names once per class, and stops them whatever happens."""

    NEEDS_POSTGRES = False
    NEEDS_RABBITMQ = False

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(scratch_folder())
        cls.mail = MailServer(cls.folder)
        cls.addClassCleanup(cls.mail.stop)
        cls._systems = 0
        if cls.NEEDS_POSTGRES:
            cls.postgres = Postgres(cls.folder)
            cls.addClassCleanup(lambda: cls.postgres.stop("immediate"))
        if cls.NEEDS_RABBITMQ:
            cls.rabbitmq = RabbitMq(cls.folder)
            cls.addClassCleanup(lambda: cls.rabbitmq.end())

    def setUp(self):
        self.mail.messages.clear()
        self.mail.refuse.clear()
        if self.NEEDS_RABBITMQ:
            self.rabbitmq.purge()

    def new_system(self, database="sqlite", queue="outbox", worker=True, **settings):
        """app and worker in a new folder, or `run` where the outbox is the queue."""
        type(self)._systems += 1
        number = type(self)._systems
        folder = self.folder / f"system{number}"
        folder.mkdir()
        common = {"SECRET_KEY": SECRET_KEY, **self.mail.settings(), **settings}
        if database == "postgresql":
            common["DATABASE_URL"] = self.postgres.create_database(f"system{number}")
        if queue == "rabbitmq":
            common["RABBITMQ_URL"] = self.rabbitmq.url()
        return System(self, folder, common, queue, worker)


class System:
    def __init__(self, test, folder, settings, queue, worker):
        self.mail = test.mail
        self.folder = folder
        self.worker = None
        self.settings = settings
        self._test = test
        if queue == "outbox" and worker:
            self.app = self._own("run", settings)
        else:
            self.app = self._own("app", settings)
            if worker:
                self.start_worker()

    def _own(self, command, settings):
        process = Postern(command, self.folder, settings)
        self._test.addCleanup(lambda: process.process.running() and process.stop())
        return process

    def start_worker(self, **settings):
        base = {"BASE_URL": f"http://localhost:{self.app.port}"}
        self.worker = self._own("worker", {**base, **self.settings, **settings})
        return self.worker

    def register(self, address, **fields):
        return self.app.post("/register", {"email": address, **fields})

    def recover(self, address, **fields):
        return self.app.post("/recover-password", {"email": address, **fields})

    def set_password(self, token, password=PASSWORD):
        return self.app.post("/set-password", {"token": token, "password": password})

    def email_to(self, address, count=1):
        return self.mail.wait_for_email_to(address, count)

    def confirmed_account(self, address, password=PASSWORD):
        assert self.register(address)[0] == 202
        mail = self.email_to(address)
        assert self.set_password(mail.token(), password)[0] == 200
        return mail
