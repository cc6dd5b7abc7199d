from shop.database import Session


class UnitOfWork:
    def __enter__(self):
        self.session = Session()
        self.events = []
        return self

    def __exit__(self, *error) -> None:
        self.session.rollback()
        self.session.close()

    def commit(self) -> None:
        self.session.commit()
